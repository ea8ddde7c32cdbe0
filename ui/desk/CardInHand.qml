// A card of the chosen person, its middle hidden; in the hand or in its place.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Item {
    id: view
    required property DeskHand hand
    property bool dense: false
    readonly property bool narrow: width < 300   // room for half of the facts
    implicitHeight: buttons.y + buttons.height

    Flow {
        id: cards
        width: parent.width
        spacing: 6
        Repeater {
            model: view.hand.cards
            LeverChip {
                required property DeskCard modelData
                objectName: "card." + modelData.key
                text: modelData.text
                enabled: modelData.has
                stands: modelData.chosen
                act: true
                dense: view.dense
                Accessible.role: Accessible.RadioButton
                onClicked: view.hand.hold(modelData.key)
            }
        }
    }
    Rectangle {
        id: face
        y: cards.height + 8
        width: parent.width
        height: 128
        radius: 14
        color: view.hand.lies ? Theme.jadeTint : Theme.blueTint
        border.width: view.hand.lies ? 2 : 1
        border.color: view.hand.lies ? Theme.jade : "#C9D8E8"

        Label {
            x: 18
            y: 12
            width: parent.width - where.width - 52
            objectName: "note"            // the note about the place; without one, the kind of card
            readonly property bool said: view.hand.note.length > 0
            text: said ? view.hand.note : view.hand.kind
            font.pixelSize: 13
            font.bold: said
            color: said ? Theme.amber : Theme.soft
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
        Label {
            id: where
            objectName: "where"
            anchors { right: parent.right; rightMargin: 18 }
            y: 12
            text: view.hand.where
            font.pixelSize: 13
            font.bold: true
            color: view.hand.lies ? Theme.jade : Theme.blue
            wrapMode: Text.NoWrap
        }
        Label {
            objectName: "holder"
            x: 18
            y: 36
            text: view.hand.name
            font.pixelSize: 26
            font.bold: true
            wrapMode: Text.NoWrap
        }
        Grid {
            x: 18
            y: 78
            columns: view.narrow ? 2 : 4
            columnSpacing: face.width > 380 ? 12 : 8
            rowSpacing: 4
            Repeater {
                // On a narrow card only the first of the two facts of each row.
                model: view.hand.facts.filter((fact, index) => !view.narrow || index % 4 < 2)
                Label {
                    required property string modelData
                    required property int index
                    text: modelData
                    font.pixelSize: 13
                    color: index % 2 ? Theme.ink : Theme.soft
                    wrapMode: Text.NoWrap
                }
            }
        }
        Rectangle {                       // stands for the photo
            anchors { right: parent.right; rightMargin: 18 }
            visible: face.width > 380
            y: 40
            width: 60
            height: 74
            radius: 6
            color: Theme.white
            opacity: 0.7
            Icon {
                anchors.centerIn: parent
                name: "face"
                color: Theme.soft
                size: 40
            }
        }
    }
    Row {
        id: buttons
        y: face.y + face.height + (view.dense ? 8 : 12)
        spacing: 10
        DeskButton {
            objectName: "put"
            width: (view.width - 10) / 2
            primary: !view.hand.lies
            enabled: view.hand.takes && !view.hand.lies
            iconName: view.hand.code ? "scan" : "card"
            text: view.hand.code ? qsTr("出示") : qsTr("放卡")
            onClicked: view.hand.put()
        }
        DeskButton {
            objectName: "lift"
            width: (view.width - 10) / 2
            primary: view.hand.lies
            enabled: view.hand.there
            iconName: "up"
            text: view.hand.code ? qsTr("拿开") : qsTr("拿起卡")
            onClicked: view.hand.lift()
        }
    }
}
