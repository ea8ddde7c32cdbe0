// While an operation is decided: three plain steps, and that it happens at most once. No button.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property DecidingContent shown: view as DecidingContent
    title: shown.title
    lead: shown.lead
    leave: false
    property int waited: 0
    Timer {
        interval: 1000
        repeat: true
        running: Theme.motion
        onTriggered: page.waited += 1
    }
    Connections {
        target: CurrentPage
        function onPageShown() { page.waited = 0 }
    }
    Column {
        y: Theme.wide || Theme.elder ? 0 : page.low / 2
        width: parent.width
        spacing: Theme.gap
        Card {
            width: parent.width
            height: steps.height + 2 * 24
            Column {
                id: steps
                x: Theme.inset
                y: 24
                width: parent.width - 2 * x
                Repeater {
                    model: page.shown.steps
                    Item {
                        id: entry
                        required property AdvicePart modelData
                        required property int index
                        readonly property string under: index === 1 ? page.shown.waited.arg(page.waited) : modelData.text
                        width: steps.width
                        height: Math.max(sign.height, words.height) + 32
                        Rectangle {
                            id: sign
                            width: Theme.big(72)
                            height: width
                            radius: width / 2
                            anchors.verticalCenter: parent.verticalCenter
                            color: entry.index === 0 ? Theme.jadeTint : entry.index === 1 ? Theme.blueTint : "transparent"
                            border.width: entry.index === 2 ? 3 : 0
                            border.color: Theme.edge
                            Icon {
                                anchors.centerIn: parent
                                name: entry.index === 0 ? "check" : ""
                                color: Theme.jade
                                size: parent.width * 0.58
                            }
                            Spinner {
                                visible: entry.index === 1
                                anchors.centerIn: parent
                                size: parent.width * 0.6
                            }
                        }
                        Column {
                            id: words
                            x: sign.width + 32
                            width: parent.width - x
                            anchors.verticalCenter: parent.verticalCenter
                            Label {
                                width: parent.width
                                text: entry.modelData.title
                                font.bold: true
                                color: entry.index === 2 ? Theme.soft : Theme.ink
                                lineHeight: 0.9
                            }
                            Label {
                                width: parent.width
                                text: entry.under
                                color: Theme.soft
                                font.pixelSize: Theme.hint
                                lineHeight: 0.9
                            }
                        }
                    }
                }
            }
        }
        Note {
            width: parent.width
            text: page.shown.note
            tone: "plain"
            icon: "info"
        }
    }
}
