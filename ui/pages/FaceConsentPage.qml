// Asks for consent to a face capture: what, what for, how long, who; and two equal buttons.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property FaceConsentContent shown: view as FaceConsentContent
    title: shown.title
    lead: shown.lead

    Turning {
        id: facts
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: Theme.wide ? page.asideHeight - 12 : notice.y - Theme.gap
        of: page.view
        beside: false
        Repeater {
            model: page.shown.points
            Item {
                id: point
                required property PointPart modelData
                readonly property bool tied: true
                width: facts.blockWidth
                height: Math.max(sign.height, words.height) + (Theme.wide ? 20 : 36)
                Rectangle {
                    id: sign
                    x: Theme.wide ? 28 : Theme.inset
                    anchors.verticalCenter: parent.verticalCenter
                    width: Theme.wide ? 64 : 84
                    height: width
                    radius: 18
                    color: Theme.blueTint
                    Icon {
                        anchors.centerIn: parent
                        name: point.modelData.icon
                        size: Theme.wide ? 40 : 48
                    }
                }
                Column {
                    id: words
                    x: sign.x + sign.width + (Theme.wide ? 20 : 32)
                    width: parent.width - x - (Theme.wide ? 20 : Theme.inset)
                    anchors.verticalCenter: parent.verticalCenter
                    Label {
                        width: parent.width
                        text: point.modelData.title
                        font.bold: true
                        lineHeight: 0.9
                    }
                    Label {
                        width: parent.width
                        text: point.modelData.text
                        color: Theme.soft
                        font.pixelSize: Theme.hint
                        lineHeight: 0.9
                    }
                }
            }
        }
    }
    Item {
        id: notice
        y: Theme.wide ? 0 : buttons.y - Theme.gap - height
        width: parent.width
        height: Math.max(version.height, whole.height)
        Label {
            id: version
            width: whole.x - Theme.gap
            anchors.verticalCenter: parent.verticalCenter
            text: page.shown.notice + "\n" + page.shown.version
            color: Theme.soft
            font.pixelSize: Theme.small
            lineHeight: 0.95
        }
        PushButton {
            id: whole
            objectName: "text"
            anchors.right: parent.right
            height: Theme.least
            width: Math.max(implicitWidth, 280)
            size: Theme.big(34)
            text: page.shown.whole
            iconName: "text"
            onClicked: CurrentPage.answer("text")
        }
    }
    Column {
        id: buttons
        y: parent.height - height
        width: parent.width
        spacing: Theme.gap
        Repeater {
            model: [["agree", page.shown.agree, "face"], ["decline", page.shown.decline, "message"]]
            PushButton {
                required property var modelData
                objectName: modelData[0]
                width: buttons.width
                height: Theme.touch + (Theme.elder || Theme.wide ? 0 : 36)
                size: Theme.tile
                text: modelData[1]
                iconName: modelData[2]
                onClicked: CurrentPage.answer(modelData[0])
            }
        }
    }
}
