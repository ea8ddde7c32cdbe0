// The chosen person's card, as far as one may see it; in the hand or on the reader.
import QtQuick
import "../components"

Item {
    id: hand
    required property var desk
    readonly property var card: desk.card
    readonly property bool lies: desk.reader.card && desk.reader.who === card.id
    implicitHeight: 208

    Rectangle {
        id: face
        width: parent.width
        height: 152
        radius: 14
        color: hand.lies ? Theme.jadeTint : Theme.blueTint
        border.width: hand.lies ? 2 : 1
        border.color: hand.lies ? Theme.jade : "#C9D8E8"

        Label {
            x: 18
            y: 12
            width: parent.width - where.width - 52
            text: hand.card.kind
            font.pixelSize: 13
            color: Theme.soft
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
        Label {
            id: where
            objectName: "where"
            anchors { right: parent.right; rightMargin: 18 }
            y: 12
            text: hand.desk.words[hand.lies ? "on reader" : "in hand"]
            font.pixelSize: 13
            font.bold: true
            color: hand.lies ? Theme.jade : Theme.blue
            wrapMode: Text.NoWrap
        }
        Label {
            x: 18
            y: 36
            text: hand.card.name
            font.pixelSize: 26
            font.bold: true
            wrapMode: Text.NoWrap
        }
        Grid {
            x: 18
            y: 78
            columns: 4
            columnSpacing: face.width > 380 ? 12 : 8
            rowSpacing: 4
            Repeater {
                model: [
                    hand.desk.words["number"], hand.card.number, hand.desk.words["sex"], hand.card.sex,
                    hand.desk.words["valid"], hand.card.valid, hand.desk.words["birth"], hand.card.birth
                ]
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
        Label {
            objectName: "other"
            visible: text.length > 0
            x: 18
            y: 124
            text: !hand.desk.reader.card || hand.lies ? ""
                : hand.desk.reader.stranger ? hand.desk.words["other card"]
                : hand.desk.reader.who + " " + hand.desk.words["on reader"]
            font.pixelSize: 13
            font.bold: true
            color: Theme.amber
            wrapMode: Text.NoWrap
        }
        Rectangle {                       // where the photo is on a card
            anchors { right: parent.right; rightMargin: 18 }
            visible: face.width > 380
            y: 44
            width: 60
            height: 76
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
        y: face.height + 12
        spacing: 10
        DeskButton {
            objectName: "put"
            width: (hand.width - 10) / 2
            primary: !hand.lies
            enabled: hand.desk.reader.has && !hand.lies
            iconName: "card"
            text: hand.desk.words["put"]
            onClicked: hand.desk.put()
        }
        DeskButton {
            objectName: "lift"
            width: (hand.width - 10) / 2
            primary: hand.lies
            enabled: hand.desk.reader.card
            iconName: "up"
            text: hand.desk.words["lift"]
            onClicked: hand.desk.lift()
        }
    }
}
